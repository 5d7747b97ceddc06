package io.ovnegress.reconciler.machine;

/** Who does not say how far rows have come, so that nobody waits for it any more. */
public enum Silence {
    /** Everybody answers, or nobody was asked. */
    NONE,
    /** {@code NB_Global.hv_cfg} stands still: a chassis is dead or hangs, or was not taken out of the southbound database. */
    CHASSIS,
    /** {@code NB_Global.sb_cfg} stands still: there is no ovn-northd, or it cannot write. */
    NORTHD
}
