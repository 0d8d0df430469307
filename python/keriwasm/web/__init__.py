"""What a slice's responders are made of: the Falcon app, deeds, answers, problems, the way to other workers.

Touches no JavaScript, no disk."""
