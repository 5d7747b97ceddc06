package io.ovnegress.controller;

import com.google.inject.Inject;
import java.util.concurrent.CompletableFuture;

/** How any part of the process asks for its end: the first request wins. Thread safe; asking never blocks. */
public final class ProcessExit {
    /** The process was asked to end. */
    public static final int ORDERLY = 0;

    /** The process cannot go on by itself: whoever started it should start it again. */
    public static final int FAULT = 1;

    /** The process was started wrongly: starting it again will not help. */
    public static final int USAGE = 2;

    private final CompletableFuture<Integer> code = new CompletableFuture<>();

    @Inject
    public ProcessExit() {}

    public void request(int exitCode) {
        code.complete(exitCode);
    }

    public boolean isRequested() {
        return code.isDone();
    }

    /** The exit code, once there is one. */
    public int await() {
        return code.join();
    }
}
