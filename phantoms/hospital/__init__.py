"""Who is imaged where, and what is written and measured about them."""
