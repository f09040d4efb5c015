-- Of several receivers of a mail, those that have it although others were refused.
ALTER TABLE deliveries ADD COLUMN reached TEXT COLLATE "C" NOT NULL DEFAULT '[]';
