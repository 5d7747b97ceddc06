package io.ovnegress.reconciler.feature;

import io.ovnegress.reconciler.northbound.Owner;
import java.util.Set;

/** How a feature tells the machine what concerns its owners. */
public interface Signals {
    /** The owner has to be looked at. */
    void dirty(Owner owner);

    /** The owner has to be looked at before the others. */
    void urgent(Owner owner);

    /** The owner has to be looked at since something in the database has changed. */
    void changedInDatabase(Owner owner);

    /** What owners that are between two steps wait for may be something else: they have to be looked at. */
    void betweenSteps();

    /** What is written for these belongs together, until it has been. */
    void together(Set<? extends Owner> owners);
}
