"""A worker's memory, made to be kept, and what a worker that starts from it must do first."""
