DROP FUNCTION protect_consents() CASCADE;
DROP TRIGGER contact_attempts_touch ON contact_attempts;
DROP TRIGGER work_items_touch ON work_items;
DROP TRIGGER outbound_messages_touch ON outbound_messages;
