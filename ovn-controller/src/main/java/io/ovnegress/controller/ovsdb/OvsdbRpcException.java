package io.ovnegress.controller.ovsdb;

import io.ovnegress.ovsdb.operation.OvsdbError;
import java.io.IOException;

/** The server answered a request with an error instead of a result (RFC 7047 section 4). */
public final class OvsdbRpcException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient OvsdbError error;

    OvsdbRpcException(String method, OvsdbError error) {
        super(method + ": " + error);
        this.error = error;
    }

    public OvsdbError error() {
        return error;
    }
}
