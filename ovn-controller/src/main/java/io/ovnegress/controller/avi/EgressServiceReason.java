package io.ovnegress.controller.avi;

import io.ovnegress.reconciler.feature.StatusChange;

/** Why a Service with annotation {@code egress_pod} is not obeyed; of its events. */
enum EgressServiceReason implements StatusChange.EventReason {
    /** An annotation, or the Service, says what is not understood. */
    AnnotationRefused,
    /** An EgressRouter of the Service's name is somebody else's. */
    NameTaken
}
