package io.ovnegress.controller.loop;

import io.ovnegress.reconciler.feature.StatusChange;

/** Who writes statuses, as the loop needs it. Neither method blocks. */
public interface Statuses {
    /** The newest change of an object is what counts. */
    void write(StatusChange change);

    /** This controller leads no longer: what has not been written yet is for the next one to say. */
    default void forgetWaiting() {}
}
