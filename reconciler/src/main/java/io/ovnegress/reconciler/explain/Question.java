package io.ovnegress.reconciler.explain;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.input.PodName;

/** What somebody wants to know. */
public sealed interface Question {
    /** Why a pod leaves as it does, what becomes of an object and why, what a node serves. */
    record OfObject(ObjectRef object) implements Question {
        @Override
        public String toString() {
            return object.toString();
        }
    }

    /** Why what a pod sends to one destination leaves as it does. */
    record OfWay(PodName pod, Destination to) implements Question {
        @Override
        public String toString() {
            return "pod " + pod + " to " + to;
        }
    }

    /** Who leaves as this address, or whose it is. */
    record OfAddress(IpAddress address) implements Question {
        @Override
        public String toString() {
            return "address " + address;
        }
    }
}
