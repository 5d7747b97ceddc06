package io.ovnegress.reconciler.explain;

/** How far the rows of an owner are: a closed set, in the words of the conditions where they have one. */
public enum Standing {
    /** All is in the database as it is to be. */
    Programmed,
    /** Something is to be written; it is looked at next. */
    Pending,
    /** It is on its way to the database, and not answered yet. */
    BeingWritten,
    /** Written, and the next step waits until what was written is installed. */
    InStep,
    /** The database refused the rows; they are tried again. */
    Refused,
    /** Another writer keeps changing the rows: the next repair waits. */
    Contested,
    /** The server cannot write. */
    ServerTrouble,
    /** The flags are not what nodes and routers say of the cluster: nothing is written. */
    SubnetsContradicted,
    /** Looking at it has failed: an error of the controller's own. */
    Fault,
    /** There is no connection to the database: the rows are what was known last. */
    NotConnected,
    /** Another controller leads, and writes. */
    StandsBy
}
