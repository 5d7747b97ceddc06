package io.ovnegress.controller.loop;

/** Where inputs come from, as the loop needs it. Thread safe. */
public interface Inputs {

    /** Lists every kind again, from the start. Does not block. */
    void resync(String reason);
}
