"""What strangers made: their streams, bodies and attachments read within bounds, and judged where no keys are."""
