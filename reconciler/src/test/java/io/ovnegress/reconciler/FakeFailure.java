package io.ovnegress.reconciler;

/** A transaction of the fake database fails as one of the server's would. */
final class FakeFailure extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String error;

    /** @param error as in RFC 7047 section 3.1, {@code <error>} */
    FakeFailure(String error, String details) {
        super(details);
        this.error = error;
    }

    String error() {
        return error;
    }
}
