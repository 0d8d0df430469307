"""HTTP as such: whose request it is and what is refused for that; answers, problems, and the page around a fragment."""
