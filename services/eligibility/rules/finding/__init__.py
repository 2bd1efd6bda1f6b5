"""Policy finds people (政策找人、免申即享): what is granted without being asked for, and what is proposed."""
