package io.ovnegress.reconciler.feature;

import com.google.common.collect.Sets;
import io.ovnegress.reconciler.feature.SubnetContradiction.Flag;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What came of holding the flags against the cluster.
 *
 * @param contradictions empty as long as nothing is known of the cluster
 * @param writesNothing whether nothing at all is written for that reason: there is a contradiction, and the rows that follow from
 *     the flags are not in the database as they are to be
 * @param familiesNotServed families in which nodes have pod subnets and {@code --cluster-subnets} has none
 */
public record SubnetFindings(
        List<SubnetContradiction> contradictions, boolean writesNothing, Set<IpFamily> familiesNotServed) {
    public static final SubnetFindings NONE = new SubnetFindings(List.of(), false, Set.of());

    public SubnetFindings {
        contradictions = List.copyOf(contradictions);
        familiesNotServed = Set.copyOf(familiesNotServed);
    }

    /** What these and those say. */
    public SubnetFindings and(SubnetFindings others) {
        return new SubnetFindings(
                Stream.concat(contradictions.stream(), others.contradictions.stream())
                        .distinct()
                        .toList(),
                writesNothing || others.writesNothing,
                Sets.union(familiesNotServed, others.familiesNotServed));
    }

    /** How many nodes and ports contradict the flag. */
    public long against(Flag flag) {
        return contradictions.stream().filter(each -> each.flag() == flag).count();
    }

    /** The flags that are contradicted, in the order of their declaration. */
    public List<Flag> flags() {
        return Stream.of(Flag.values()).filter(flag -> against(flag) > 0).toList();
    }

    /** In words: of each flag the first contradiction, and how many more there are; then what is done, and the remedy. */
    public String sentence() {
        var text = new StringBuilder();
        for (var flag : flags()) {
            long more = against(flag) - 1;
            text.append(text.isEmpty() ? "" : "; ")
                    .append(contradictions.stream()
                            .filter(each -> each.flag() == flag)
                            .findFirst()
                            .orElseThrow())
                    .append(more == 0 ? "" : " (and " + more + " more like it)");
        }
        return text.append(
                        writesNothing
                                ? ": nothing is written until the flags are those of ovnkube-master"
                                : ": what follows from the flags stays as it is, pods outside of them are not served until"
                                        + " they are those of ovnkube-master")
                .toString();
    }
}
