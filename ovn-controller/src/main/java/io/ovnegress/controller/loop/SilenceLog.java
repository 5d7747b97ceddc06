package io.ovnegress.controller.loop;

import io.ovnegress.reconciler.machine.Silence;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells when steps no longer wait for who does not say what is installed, and when they do again. Not thread safe. */
public final class SilenceLog {
    private static final Logger LOG = LoggerFactory.getLogger(SilenceLog.class);

    private Silence told = Silence.NONE;

    void observe(Silence silence) {
        if (silence == told) {
            return;
        }
        told = silence;
        switch (silence) {
            case NONE -> LOG.info("steps wait for what is installed again");
            case CHASSIS, NORTHD -> LOG.warn("{}", sentence(silence));
        }
    }

    /** What is the matter, what is done about it, and the remedy; empty if nothing is. */
    public static String sentence(Silence silence) {
        return switch (silence) {
            case NONE -> "";
            case CHASSIS ->
                "a chassis does not say that it has installed anything (NB_Global.hv_cfg stands still): the next steps of moves"
                        + " wait as long as installing took lately; see to the nodes whose ovn-controller is down, or take"
                        + " chassis of nodes that are gone out of the southbound database (ovn-sbctl chassis-del)";
            case NORTHD ->
                "ovn-northd does not say that it has computed anything (NB_Global.sb_cfg stands still): nothing that is written"
                        + " takes effect until it does, and steps do not wait";
        };
    }
}
