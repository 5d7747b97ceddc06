package io.ovnegress.controller.loop;

import io.ovnegress.reconciler.feature.FollowedObjects;
import io.ovnegress.reconciler.feature.ServiceTargets;

/** Single objects of the Kubernetes API that are followed or written, as the loop needs it. Neither method blocks. */
public interface ClusterObjects {
    /** From now on these are to be known, and no others. */
    void follow(FollowedObjects wanted);

    /** From now on these Services are to lead there, and no others. */
    void lead(ServiceTargets wanted);

    /** Nothing of the kind. */
    ClusterObjects NONE = new ClusterObjects() {
        @Override
        public void follow(FollowedObjects wanted) {}

        @Override
        public void lead(ServiceTargets wanted) {}
    };
}
