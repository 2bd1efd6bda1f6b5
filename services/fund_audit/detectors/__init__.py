"""The rules of supervision as pure functions of a history; the registry names them."""
