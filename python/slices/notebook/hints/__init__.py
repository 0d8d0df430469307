"""What the editor asks while somebody writes: completions and the signature of a call. It looks, and runs nothing."""
