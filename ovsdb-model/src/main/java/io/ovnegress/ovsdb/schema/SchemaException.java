package io.ovnegress.ovsdb.schema;

/** The server described its database in a way that is not a schema (RFC 7047 section 3.2): nothing can be programmed there. */
public final class SchemaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SchemaException(String message) {
        super(message);
    }

    public SchemaException(String message, Throwable cause) {
        super(message, cause);
    }
}
