package io.ovnegress.controller.reachability;

import io.ovnegress.reconciler.input.IpAddress;

/** One way to ask a node whether it is alive. Blocks the calling (virtual) thread; used by one prober. */
interface NodeProbe extends AutoCloseable {

    Answer ask(IpAddress address);

    @Override
    void close();

    /** What a probe has found out. The words are those of the metric. */
    enum Answer {
        /** The node has answered. */
        ALIVE,
        /** The node has not answered in time, or another machine said that it is not there. */
        SILENT,
        /** The probe failed on our own side, which says nothing about the node. */
        INCONCLUSIVE;

        /** Of two addresses of one node: one that answers is enough. */
        Answer or(Answer other) {
            return compareTo(other) <= 0 ? this : other;
        }
    }
}
