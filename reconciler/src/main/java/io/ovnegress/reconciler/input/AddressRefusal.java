package io.ovnegress.reconciler.input;

/** Why addresses that a pod's object names are not believed, or are nobody's to have. The order is that of importance. */
public enum AddressRefusal {
    /** The annotation is too long to be read. */
    TOO_LONG,
    /** More than one address of a family is named. */
    SEVERAL,
    /** Annotation and status name different addresses. */
    DISAGREED,
    /** The object names another address than the pod's logical switch port. */
    OTHER_THAN_PORT,
    /** The address belongs to another pod, by its port or because that pod had it first. */
    OF_ANOTHER_POD,
    /** The address is in no cluster subnet. */
    OUTSIDE,
    /** The address is that of a node or of a router. */
    OF_A_NODE,
    /** Only the status names an address; there is neither an annotation nor a port. */
    UNCONFIRMED
}
