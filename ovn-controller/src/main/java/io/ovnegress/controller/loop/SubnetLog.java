package io.ovnegress.controller.loop;

import io.ovnegress.reconciler.feature.SubnetContradiction.Flag;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of wrong flags once, and again only when other flags are wrong or something else is done about it: nodes come and go.
 * Not thread safe.
 */
final class SubnetLog {
    private static final Logger LOG = LoggerFactory.getLogger(SubnetLog.class);

    /** What is told only if it is different. */
    private record Situation(List<Flag> flags, boolean writesNothing) {}

    private Situation told = new Situation(List.of(), false);
    private Set<IpFamily> notServed = Set.of();

    void observe(SubnetFindings found) {
        var now = new Situation(found.flags(), found.writesNothing());
        if (!now.equals(told)) {
            told = now;
            if (now.flags().isEmpty()) {
                LOG.info("flags are not contradicted any more");
            } else {
                LOG.atError()
                        .addKeyValue(
                                "flags",
                                now.flags().stream().map(Flag::toString).collect(Collectors.joining(",")))
                        .addKeyValue("contradictions", found.contradictions().size())
                        .addKeyValue("why", found.sentence())
                        .log("flags are contradicted by the cluster");
            }
        }
        if (!found.familiesNotServed().equals(notServed)) {
            notServed = found.familiesNotServed();
            notServed.stream()
                    .sorted()
                    .forEach(family -> LOG.atWarn()
                            .addKeyValue("family", family.suffix())
                            .log("nodes have pod subnets of a family that --cluster-subnets lacks: it is not served"));
        }
    }
}
