package io.ovnegress.it.harness.process;

/** A running {@code ovsdb-server} with one database, wherever it runs. One thread drives it. */
public interface DatabaseServer {
    /** The nearest way to it from this machine, as {@code --nb-address} takes it. */
    String address();

    /** {@code tcp:ADDRESS:PORT}. */
    String loopbackAddress();

    /** As in the schema, such as {@code OVN_Northbound}. */
    String database();

    /** The database file as it is now: a log of every transaction. */
    byte[] content();

    /** Standard output of {@code ovsdb-client COMMAND SERVER ARGUMENTS}. */
    String client(String command, String... arguments);

    /** Starts it again after {@link #stop} or {@link #kill}, on the same file and address; returns once it answers. */
    DatabaseServer start();

    /** SIGTERM. */
    void stop();

    /** SIGKILL. */
    void kill();
}
