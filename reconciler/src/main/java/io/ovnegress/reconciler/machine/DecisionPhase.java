package io.ovnegress.reconciler.machine;

/** Whether this machine decides about the rows, or another one does, and what it has to make up for before it plans again. */
enum DecisionPhase {
    /** Is to decide and has not planned yet: it begins with looking at everything once. */
    STARTING,
    /** Another one decides, and this one never has. It follows, and so is ready at once. */
    WAITING,
    /** Plans whatever is dirty. */
    DECIDING,
    /** Another one decides, and this one has before. It follows. */
    STANDING_BY,
    /** Is to decide again and has not planned yet: it begins with finding out what others have decided meanwhile. */
    RETURNING;

    boolean leads() {
        return switch (this) {
            case STARTING, DECIDING, RETURNING -> true;
            case WAITING, STANDING_BY -> false;
        };
    }

    /** The phase that follows when it is said who decides; the same one if that was known. */
    DecisionPhase lead(boolean leads) {
        return switch (this) {
            case STARTING, WAITING -> leads ? STARTING : WAITING;
            case DECIDING -> leads ? DECIDING : STANDING_BY;
            case STANDING_BY, RETURNING -> leads ? RETURNING : STANDING_BY;
        };
    }
}
