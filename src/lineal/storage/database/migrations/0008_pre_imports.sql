-- What an imported item was like there when it was last brought, so that whoever imports again knows whether it changed.
-- Empty where that is not asked, or where not all of it is here yet.
ALTER TABLE imported ADD COLUMN state TEXT NOT NULL DEFAULT '';
