-- Some were taken from events. From now on they come from the API alone, which is asked for those that are empty.
UPDATE repositories SET clone_url = '';
