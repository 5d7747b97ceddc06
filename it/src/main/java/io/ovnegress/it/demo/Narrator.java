package io.ovnegress.it.demo;

import java.io.PrintStream;

/** Tells the story on a terminal: headings, what is expected, what an operator sees, and whether it held. One thread tells. */
final class Narrator {
    private final PrintStream out;
    private int step;
    private int held;
    private int failed;
    private volatile boolean interrupted;

    Narrator(PrintStream out) {
        this.out = out;
    }

    /** A check that throws an exception or an error does not hold. */
    @FunctionalInterface
    interface Check {
        void run();
    }

    void step(String title, String expected) {
        print("%n== %d. %s%n   Expected: %s".formatted(++step, title, expected));
    }

    void say(String text) {
        print("   " + text);
    }

    /** A command as an operator would type it, and its output. */
    void show(String command, String output) {
        print("%n   $ %s".formatted(command));
        output.stripTrailing().lines().forEach(line -> print("   " + line));
    }

    void check(String claim, Check check) {
        try {
            check.run();
            held++;
            print("   ✓ " + claim);
        } catch (AssertionError | RuntimeException e) {
            failed++;
            print("   ✗ " + claim);
            String.valueOf(e.getMessage()).lines().limit(25).forEach(line -> print("       " + line));
        }
    }

    /** The last line; 0 if every check held, else 1. */
    int conclude() {
        if (failed == 0) {
            print("%nAll %d checks held.".formatted(held));
            return 0;
        }
        print("%n%d of %d checks did NOT hold.".formatted(failed, held + failed));
        return 1;
    }

    /** The story ends here: what fails from now on fails because everything is being taken down. Safe for any thread. */
    void interrupt() {
        interrupted = true;
        out.println("\ninterrupted: removing what was started");
    }

    private void print(String line) {
        if (!interrupted) {
            out.println(line);
        }
    }
}
