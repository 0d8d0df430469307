"""What a request sends in: its body, its fields, the names people give, the token of a form."""
