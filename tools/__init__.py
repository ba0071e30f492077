"""What is needed to work on kfconsole and is no part of it."""
