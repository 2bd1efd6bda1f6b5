"""What an employee's basic pension amounts to (企业职工基本养老金)."""
