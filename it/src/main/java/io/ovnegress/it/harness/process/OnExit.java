package io.ovnegress.it.harness.process;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * What must happen before the JVM ends, however it ends: run in reverse order of registration by a single shutdown hook, so
 * that processes are gone before their directories are. Safe for any thread.
 */
public final class OnExit {
    private static final Deque<Task> TASKS = new ArrayDeque<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(OnExit::runAll, "on-exit"));
    }

    private OnExit() {}

    /** A registered action; {@link #cancel} once it is not needed any more. */
    public static final class Task {
        private final Runnable action;

        private Task(Runnable action) {
            this.action = action;
        }

        public void cancel() {
            synchronized (TASKS) {
                TASKS.remove(this);
            }
        }
    }

    public static Task run(Runnable action) {
        var task = new Task(action);
        synchronized (TASKS) {
            TASKS.push(task);
        }
        return task;
    }

    private static void runAll() {
        List<Task> tasks;
        synchronized (TASKS) {
            tasks = List.copyOf(TASKS);
        }
        for (var task : tasks) {
            try {
                task.action.run();
            } catch (RuntimeException e) {
                System.err.println("clean-up failed: " + e.getMessage());
            }
        }
    }
}
