package io.ovnegress.controller.ovsdb;

import java.io.IOException;

/** The connection is gone; what was in flight may or may not have been done. The message says why, for people. */
public final class ConnectionLostException extends IOException {
    private static final long serialVersionUID = 1L;

    ConnectionLostException(String reason) {
        super(reason);
    }

    ConnectionLostException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
