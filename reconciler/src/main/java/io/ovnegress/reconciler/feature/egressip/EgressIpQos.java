package io.ovnegress.reconciler.feature.egressip;

import java.util.List;
import java.util.Optional;

/**
 * How what leaves as an egress IP is limited and marked: {@code spec.bandwidth} and {@code spec.dscp}, else annotations {@code
 * ovn-egress.io/bandwidth} and {@code ovn-egress.io/dscp}.
 *
 * @param bandwidth of each egress IP, all its pods together; empty if there is no limit
 * @param dscp the code point that its packets have outside; empty if they keep theirs
 * @param errors what stands there and is nothing that it may be, with the remedy; it counts as not said
 */
public record EgressIpQos(Optional<Bandwidth> bandwidth, Optional<Integer> dscp, List<String> errors) {
    /** What an object means that says nothing. */
    public static final EgressIpQos NONE = new EgressIpQos(Optional.empty(), Optional.empty(), List.of());

    public static final int HIGHEST_DSCP = 63;

    public EgressIpQos {
        errors = List.copyOf(errors);
    }

    public boolean isAsked() {
        return bandwidth.isPresent() || dscp.isPresent();
    }

    /**
     * @param rate in kbit/s
     * @param burst what may be sent at once after silence, in kbit
     */
    public record Bandwidth(long rate, long burst) {
        /** The highest rate and burst that the schema takes. */
        public static final long MOST = 4_294_967_295L;
        /** Ten packets: a burst of less than one would let none by. */
        public static final long LEAST_BURST = 120;

        /** With the usual burst: what is sent in 100 ms. */
        public static Bandwidth of(long rate) {
            return new Bandwidth(rate, Math.max(rate / 10, LEAST_BURST));
        }
    }
}
