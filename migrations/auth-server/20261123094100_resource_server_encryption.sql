-- How a resource server gets introspection answered (RFC 9701): the public key (a JWK) to which signed answers
-- are encrypted, and whether it is answered in signed form alone.

ALTER TABLE resource_server ADD COLUMN encryption_key TEXT;
ALTER TABLE resource_server ADD COLUMN requires_signed_introspection BOOLEAN NOT NULL DEFAULT FALSE;
