package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.nb.NbGlobal;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.feature.Installed;
import io.ovnegress.reconciler.machine.InstallationCopy.Rows;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Follows what is in the database on its way to the packets. Whoever wants to know adds 1 to {@code NB_Global.nb_cfg} in a
 * transaction; {@code sb_cfg} has that number when ovn-northd has put everything up to this transaction into the southbound
 * database, {@code hv_cfg} when every chassis has installed it (ovn-nb(5)). Whoever's transaction it was: the numbers are only
 * observed here.
 *
 * <p>A chassis that is dead keeps {@code hv_cfg} where it is for ever, so waiting for it has an end; from then on it is believed
 * that chassis take as long as they took lately, until {@code hv_cfg} moves again. Of an ovn-northd that does not answer nothing is
 * expected until it does. Not thread safe.
 */
final class Installation implements Installed {
    /**
     * ovn-controller announces a new external address a second after it has seen it; measured on OVN 23.03 and 25.03. Behind
     * ovnkube's br-ex flows answers are lost between that and the moment in which requests take the new way, whichever is first.
     */
    static final Duration ANNOUNCEMENT = Duration.ofSeconds(1);
    /**
     * What is written now will be on its way to the chassis as long as what was written then, up to this much: what took longer
     * may have been held up by something else.
     */
    static final Duration LONGEST_LEAD = Duration.ofMillis(500);
    /**
     * For how long after installing rows a chassis may still forward by cached flows: a moment, but on a busy machine two packets
     * of 1,135 were seen that came to where their SNAT had just gone.
     */
    static final Duration FORWARDING = Duration.ofMillis(500);
    /** How long chassis may take to install what is in the southbound database, without any progress. */
    static final Duration CHASSIS_LIMIT = Duration.ofSeconds(5);
    /** How long ovn-northd may take for what is in the database, without any progress. */
    static final Duration NORTHD_LIMIT = Duration.ofSeconds(30);
    /** The same in a database in which nobody has ever been answered: there may be no ovn-northd at all. */
    static final Duration FIRST_ANSWER_LIMIT = Duration.ofSeconds(2);

    private static final int MOST_NEWS = 100;
    /** As long as nothing has been measured. */
    private static final Duration USUAL = Duration.ofMillis(50);

    private static final Duration SECOND_LOOK = Duration.ofMillis(50);
    private static final Duration SHORTEST_ALLOWANCE = Duration.ofMillis(20);
    private static final Duration LONGEST_ALLOWANCE = Duration.ofSeconds(1);

    /**
     * Rises with the updates of the database. One may be of several transactions: what changed in it without asking may have come
     * after what asked, and counts as later.
     */
    private long moment;
    /** That of the first update of the session: rows of which nothing else is known are as old, or older. */
    private long snapshot;
    /** What changed later, with the moment, in its order, until everybody has it. */
    private final LinkedHashMap<Rows, Long> changed = new LinkedHashMap<>();

    private final Deque<News> news = new ArrayDeque<>();
    private Optional<Numbers> numbers = Optional.empty();
    private boolean everAnswered;

    /** What ovn-northd has still to compute, what the chassis have still to install, and what they may still have to announce. */
    private final Deque<Question> atNorthd = new ArrayDeque<>();

    private final Deque<Question> atChassis = new ArrayDeque<>();
    private final Deque<Question> announcing = new ArrayDeque<>();
    /** What all chassis have, with the time at which that was seen. */
    private final Deque<Question> forwarding = new ArrayDeque<>();

    private long asked;
    private long everywhere;
    private long announced;
    private long forwarded;

    /** How long the chassis took lately. */
    private Duration allowance = USUAL;

    /** How long the last answers took. */
    private Duration northdTook = USUAL;

    private Duration chassisTook = USUAL;

    private boolean northdSilent;
    private boolean chassisSilent;
    private Instant lastOfNorthd = Instant.MIN;
    private Instant lastOfChassis = Instant.MIN;
    private Instant now = Instant.MIN;
    /** When the answer was due that is missed, and when that was seen. */
    private Instant overdue = Instant.MIN;

    private Instant overdueSince = Instant.MIN;

    /** {@code NB_Global}'s nb_cfg, sb_cfg and hv_cfg. */
    private record Numbers(long asked, long computed, long installed) {
        static Numbers of(Row row) {
            return new Numbers(row.get(NbGlobal.NB_CFG), row.get(NbGlobal.SB_CFG), row.get(NbGlobal.HV_CFG));
        }
    }

    private record News(Optional<Numbers> numbers, long moment) {}

    /**
     * @param number of {@code nb_cfg}
     * @param moment up to which it asks for everything
     * @param asked when it was asked
     * @param since when it came to whom it waits for
     */
    private record Question(long number, long moment, Instant asked, Instant since) {
        Question at(Instant time) {
            return new Question(number, moment, asked, time);
        }

        /** When to write what is to come to the chassis while they announce what was asked about. */
        Instant announced() {
            var way = Duration.between(asked, since);
            return since.plus(ANNOUNCEMENT).minus(way.compareTo(LONGEST_LEAD) > 0 ? LONGEST_LEAD : way);
        }

        /** When nobody forwards as before what was asked about, once it is known to be everywhere. */
        Instant forwarded() {
            return since.plus(FORWARDING);
        }
    }

    private boolean isPresumed(Question question) {
        return !question.since().plus(allowance()).isAfter(now);
    }

    static void addTo(MonitorSpec.Builder spec) {
        spec.table(NbGlobal.TABLE, List.of(NbGlobal.NB_CFG, NbGlobal.SB_CFG, NbGlobal.HV_CFG));
    }

    /**
     * An update of the database comes; what is told next changed with it.
     *
     * @param first whether it is the first of a session, or complete: nothing is known of when what is in it came
     */
    void begin(boolean first) {
        moment += 2;
        if (first) {
            snapshot = moment;
            changed.clear();
            atNorthd.clear();
            atChassis.clear();
            announcing.clear();
            forwarding.clear();
            asked = 0;
            everywhere = 0;
            announced = 0;
            forwarded = 0;
        }
    }

    /**
     * A row or member of the owner was changed, by whomever.
     *
     * @param asks whether by a transaction of ours that asks
     */
    void changed(Owner owner, Table table, boolean asks) {
        if (moment > snapshot) {
            changed.putLast(new Rows(owner, table), asks ? moment : moment + 1);
        }
    }

    /** Somebody else decides: what has changed until now counts as new when it is decided here. */
    void follow() {
        changed.clear();
        snapshot = moment;
    }

    /** {@code NB_Global} is this now; taken to have come when the time is told next. */
    void globalChanged(Optional<Row> row) {
        news.add(new News(row.map(Numbers::of), moment));
        if (news.size() > MOST_NEWS) {
            news.removeFirst(); // nobody asks: one that stands by
        }
    }

    private void learn(News latest) {
        var before = numbers;
        numbers = latest.numbers();
        if (numbers.isEmpty()) {
            return;
        }
        var there = numbers.get();
        everAnswered |= there.computed() > 0;
        if (before.isEmpty()
                || latest.moment() <= snapshot
                || there.asked() < before.get().asked()) {
            atNorthd.clear(); // who has asked did it before what is known, or of another database
            atChassis.clear();
            asked = everywhere;
            northdSilent &= there.computed() < there.asked(); // whom nobody is waiting for is not silent
            chassisSilent &= there.installed() < there.asked();
            return;
        }
        if (there.asked() > before.get().asked()) {
            atNorthd.add(new Question(there.asked(), latest.moment(), now, now));
            asked = latest.moment();
        }
        if (there.computed() > before.get().computed()) {
            northdSilent = false;
            lastOfNorthd = now;
        }
        if (there.installed() > before.get().installed()) {
            chassisSilent = false;
            lastOfChassis = now;
        }
        while (!atNorthd.isEmpty() && atNorthd.peek().number() <= there.computed()) {
            northdTook = Duration.between(atNorthd.peek().since(), now);
            atChassis.add(atNorthd.poll().at(now));
        }
        while (!atChassis.isEmpty() && atChassis.peek().number() <= there.installed()) {
            chassisTook = Duration.between(atChassis.peek().since(), now);
            took(chassisTook);
            isEverywhere(atChassis.poll());
        }
    }

    private void took(Duration took) {
        var slowly = allowance.multipliedBy(7).plus(took).dividedBy(8);
        allowance = took.compareTo(slowly) > 0 ? took : slowly;
    }

    /** Somewhat more than it took lately, within reason. */
    private Duration allowance() {
        var more = allowance.multipliedBy(3).dividedBy(2);
        if (more.compareTo(SHORTEST_ALLOWANCE) < 0) {
            return SHORTEST_ALLOWANCE;
        }
        return more.compareTo(LONGEST_ALLOWANCE) > 0 ? LONGEST_ALLOWANCE : more;
    }

    private void isEverywhere(Question question) {
        everywhere = question.moment();
        announcing.add(question);
        forwarding.add(question.at(now));
    }

    /** Time has passed. */
    void settle(Instant time) {
        now = time;
        news.forEach(this::learn);
        news.clear();
        if (!atNorthd.isEmpty()) {
            northdSilent |= isSilent(northdIsDue());
            while (northdSilent && atNorthd.size() > 1) {
                atNorthd.poll(); // the last answers for all
            }
        }
        if (!atChassis.isEmpty()) {
            chassisSilent |= isSilent(chassisAreDue());
            while (chassisSilent && !atChassis.isEmpty() && isPresumed(atChassis.peek())) {
                isEverywhere(atChassis.poll());
            }
        }
        while (!announcing.isEmpty() && !announcing.peek().announced().isAfter(now)) {
            announced = announcing.poll().moment();
        }
        while (!forwarding.isEmpty() && !forwarding.peek().forwarded().isAfter(now)) {
            forwarded = forwarding.poll().moment();
        }
        var eldest = changed.values().iterator();
        while (eldest.hasNext() && eldest.next() <= Math.min(announced, forwarded)) {
            eldest.remove();
        }
    }

    /** Not before somebody has looked twice: if we have slept, the answer may be here and not read yet. */
    private boolean isSilent(Instant due) {
        if (due.isAfter(now)) {
            return false;
        }
        if (!overdue.equals(due)) {
            overdue = due;
            overdueSince = now;
        }
        return !overdueSince.plus(SECOND_LOOK).isAfter(now);
    }

    private Instant northdIsDue() {
        return latest(atNorthd.element().since(), lastOfNorthd).plus(everAnswered ? NORTHD_LIMIT : FIRST_ANSWER_LIMIT);
    }

    private Instant chassisAreDue() {
        return latest(atChassis.element().since(), lastOfChassis).plus(CHASSIS_LIMIT);
    }

    private static Instant latest(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /** When such rows of the owner changed last, or may have. */
    long changeOf(Owner owner, Table table) {
        return changed.getOrDefault(new Rows(owner, table), snapshot);
    }

    /** Changes up to this moment have come so far. */
    long through(Reach reach) {
        if (!isTold()) {
            return Long.MAX_VALUE;
        }
        return switch (reach) {
            case EVERYWHERE -> everywhere;
            case ANNOUNCED -> announced;
            case FORWARDED -> forwarded;
            case PRESUMED -> presumed();
        };
    }

    private long presumed() {
        long through = everywhere;
        for (var question : atChassis) {
            if (!isPresumed(question)) {
                return through;
            }
            through = question.moment();
        }
        return through;
    }

    @Override
    public boolean isTold() {
        return numbers.isPresent() && !northdSilent;
    }

    @Override
    public boolean has(Owner owner, Table table, Reach reach) {
        return changeOf(owner, table) <= through(reach);
    }

    /** Whether there is an answer to come from ovn-northd; another question would not be answered before. */
    boolean isAsking() {
        return !atNorthd.isEmpty();
    }

    /** The last moment that somebody has asked for. */
    long asked() {
        return asked;
    }

    /** When something is believed to be so without anybody saying it. */
    Stream<Instant> deadlines() {
        var deadlines = new ArrayList<Instant>();
        if (!atNorthd.isEmpty() && !northdSilent) {
            deadlines.add(northdIsDue());
            deadlines.add(overdueSince.plus(SECOND_LOOK));
        }
        if (!atChassis.isEmpty() && !chassisSilent) {
            deadlines.add(chassisAreDue());
            deadlines.add(overdueSince.plus(SECOND_LOOK));
        }
        atChassis.forEach(question -> deadlines.add(question.since().plus(allowance())));
        announcing.forEach(question -> deadlines.add(question.announced()));
        forwarding.forEach(question -> deadlines.add(question.forwarded()));
        return deadlines.stream().filter(deadline -> deadline.isAfter(now));
    }

    /** Who does not answer, for whom nobody waits any more. */
    Silence silence() {
        if (northdSilent) {
            return Silence.NORTHD;
        }
        return chassisSilent ? Silence.CHASSIS : Silence.NONE;
    }

    /** What is known at the moment. */
    InstallationCopy copy() {
        var unknown = new ArrayList<Rows>();
        changed.forEach((rows, when) -> {
            if (when > everywhere) {
                unknown.add(rows);
            }
        });
        return new InstallationCopy(silence(), northdTook, chassisTook, unknown);
    }
}
