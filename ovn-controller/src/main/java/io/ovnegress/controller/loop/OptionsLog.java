package io.ovnegress.controller.loop;

import io.ovnegress.reconciler.machine.OptionsStanding;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells which options of NB_Global are ours, and which that are asked for somebody else has set. Not thread safe. */
public final class OptionsLog {
    private static final Logger LOG = LoggerFactory.getLogger(OptionsLog.class);

    private OptionsStanding told = OptionsStanding.NONE;

    void observe(OptionsStanding standing) {
        if (!standing.ours().equals(told.ours())) {
            LOG.atInfo()
                    .addKeyValue("options", standing.ours())
                    .addKeyValue("before", told.ours())
                    .log("options of NB_Global that are ours");
        }
        if (!standing.inTheWay().equals(told.inTheWay()) && !standing.inTheWay().isEmpty()) {
            LOG.warn("{}", sentence(standing));
        }
        told = standing;
    }

    /** What is not as it is asked for, and the remedy; empty if nothing is. */
    public static String sentence(OptionsStanding standing) {
        if (standing.inTheWay().isEmpty()) {
            return "";
        }
        return "--bfd-interval has no effect on what somebody else has set: "
                + standing.inTheWay().entrySet().stream()
                        .map(option -> option.getKey() + "=" + option.getValue())
                        .collect(Collectors.joining(", "))
                + "; take the flag away, or these (ovn-nbctl remove NB_Global . options KEY)";
    }
}
