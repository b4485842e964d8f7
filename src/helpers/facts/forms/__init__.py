"""The forms of tables: heads and stubs of any table, whatever its form."""
