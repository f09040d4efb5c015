-- Everything that can be found paid for it, and only the removal of a whole project used it.
DROP INDEX search_entries_of_project;
