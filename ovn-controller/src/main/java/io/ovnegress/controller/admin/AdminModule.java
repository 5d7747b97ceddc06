package io.ovnegress.controller.admin;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.ovnegress.controller.health.Health;
import io.ovnegress.controller.metrics.MeasuredRate;
import io.ovnegress.controller.query.Api;
import io.ovnegress.controller.query.Asking;
import io.ovnegress.controller.query.AuditApi;
import io.ovnegress.controller.query.Audits;
import io.ovnegress.controller.query.ExplainApi;
import io.ovnegress.controller.query.FailoverWatch;
import io.ovnegress.controller.query.HistoryApi;
import io.ovnegress.controller.query.LiveEvents;
import io.ovnegress.controller.query.MapApi;
import io.ovnegress.controller.query.PaceApi;
import io.ovnegress.controller.query.PlanApi;
import io.ovnegress.controller.query.ReportOnly;
import io.ovnegress.controller.query.SearchApi;
import io.ovnegress.controller.query.StatusApi;
import io.ovnegress.controller.query.WhatIfApi;
import io.ovnegress.controller.query.WhoisApi;
import java.util.List;

/** What is said over HTTP: health, readiness, metrics, answers to questions. */
public final class AdminModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(Health.class).in(Singleton.class);
        bind(MeasuredRate.class).in(Singleton.class);
        bind(Asking.class).in(Singleton.class);
        bind(FailoverWatch.class).in(Singleton.class);
        bind(Audits.class).in(Singleton.class);
        bind(AuditApi.class).in(Singleton.class);
        bind(HistoryApi.class).in(Singleton.class);
        bind(WhoisApi.class).in(Singleton.class);
        bind(StatusApi.class).in(Singleton.class);
        bind(ReportOnly.class).in(Singleton.class);
        bind(ExplainApi.class).in(Singleton.class);
        bind(WhatIfApi.class).in(Singleton.class);
        bind(PlanApi.class).in(Singleton.class);
        bind(MapApi.class).in(Singleton.class);
        bind(SearchApi.class).in(Singleton.class);
        bind(PaceApi.class).in(Singleton.class);
        bind(LiveEvents.class).in(Singleton.class);
        bind(AdminServer.class).in(Singleton.class);
    }

    /** Every question that can be asked. */
    @Provides
    static List<Api> apis(
            ExplainApi explain,
            WhatIfApi whatIf,
            PlanApi plan,
            AuditApi audit,
            StatusApi status,
            HistoryApi history,
            WhoisApi whois,
            MapApi map,
            SearchApi search,
            PaceApi pace) {
        return List.of(explain, whatIf, plan, audit, status, history, whois, map, search, pace);
    }
}
