"""The book for engines beyond this process: the same rules as SQL, and as a job that ships the book itself."""
