import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { ApiError } from "~/api/errors";
import { sampleQuery } from "~/api/samples";
import { sessionQuery } from "~/api/session";
import { comparisonQuery } from "~/compare/queries";
import { compareSearch } from "~/compare/search";
import { overviewQuery } from "~/dashboard/queries";
import { datasetSearch, dataSearch } from "~/data/search";
import { experimentQuery, experimentsQuery } from "~/experiments/queries";
import { experimentSearch, experimentsSearch, newSearch } from "~/experiments/search";
import { jobSearch, jobsSearch, judgeSearch } from "~/jobs/search";
import { judgingSearch } from "~/judging/search";
import { preferencesSearch } from "~/preferences/search";
import { disputesSearch, newReviewSearch, workSearch } from "~/reviews/search";
import { runQuery, runsQuery } from "~/runs/queries";
import { runSearch, runsSearch } from "~/runs/search";
import { sampleSearch } from "~/samples/search";
import { sampleFilters, samplesQuery } from "~/ui/sample-list";
import { given } from "~/ui/search";
import { loginSearch } from "~/session/search";
import { Rows } from "~/ui/states";
import { NotFound, Wrong } from "./lost";
import { queries } from "./queries";
import { Shell } from "./shell";

/** The pages and their addresses; each page's code is fetched when it is first opened, and what it shows beside it. */

/** A question that is under way before its page is there, which tells what comes of it. */
function asked(question: Promise<unknown>): void {
  question.catch(() => undefined);
}

const root = createRootRoute({ component: Outlet });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: loginSearch,
  component: lazyRouteComponent(() => import("~/session/login-page"), "LoginPage"),
});

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  component: Shell,
  beforeLoad: async ({ location }) => {
    const session = await queries.query({ ...sessionQuery, staleTime: "static" }).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    });
    if (session === null || (session.auth && session.user === null)) {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way
      throw redirect({ to: "/login", search: { to: location.href } });
    }
  },
});

const dashboard = createRoute({
  getParentRoute: () => app,
  path: "/",
  loader: () => asked(queries.query(overviewQuery)),
  component: lazyRouteComponent(() => import("~/dashboard/dashboard-page"), "DashboardPage"),
});

const experiments = createRoute({
  getParentRoute: () => app,
  path: "/experiments",
  validateSearch: experimentsSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ deps }) => asked(queries.infiniteQuery(experimentsQuery(deps.q))),
  component: lazyRouteComponent(() => import("~/experiments/experiments-page"), "ExperimentsPage"),
});

const newExperiment = createRoute({
  getParentRoute: () => app,
  path: "/experiments/new",
  validateSearch: newSearch,
  component: lazyRouteComponent(() => import("~/experiments/new-page"), "NewPage"),
});

const experiment = createRoute({
  getParentRoute: () => app,
  path: "/experiments/$experiment",
  validateSearch: experimentSearch,
  loader: ({ params }) => asked(queries.query(experimentQuery(params.experiment))),
  component: lazyRouteComponent(() => import("~/experiments/experiment-page"), "ExperimentPage"),
});

const runs = createRoute({
  getParentRoute: () => app,
  path: "/runs",
  validateSearch: runsSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ deps }) => asked(queries.infiniteQuery(runsQuery(deps))),
  component: lazyRouteComponent(() => import("~/runs/runs-page"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => app,
  path: "/runs/$run",
  validateSearch: runSearch,
  // How the list is looked at asks for nothing anew.
  loaderDeps: ({ search }) => given({ ...search, peek: undefined, columns: undefined }),
  // Its samples are asked for at once, not only when the run itself has come.
  loader: ({ params, deps }) => {
    asked(queries.query(runQuery(params.run)));
    if (deps.tab === undefined) asked(queries.infiniteQuery(samplesQuery(params.run, sampleFilters({ ...deps }))));
  },
  component: lazyRouteComponent(() => import("~/runs/run-page"), "RunPage"),
});

const sample = createRoute({
  getParentRoute: () => app,
  path: "/runs/$run/samples/$position/$epoch",
  validateSearch: sampleSearch,
  loader: ({ params }) =>
    asked(
      queries.query(sampleQuery({ run: params.run, position: Number(params.position), epoch: Number(params.epoch) })),
    ),
  component: lazyRouteComponent(() => import("~/samples/sample-page"), "SamplePage"),
});

const compare = createRoute({
  getParentRoute: () => app,
  path: "/compare",
  validateSearch: compareSearch,
  loaderDeps: ({ search: { runs, score } }) => ({ runs, score }),
  // Not for a pointer that passes over a link, for it takes the server a second; the click is then asked anew.
  preloadStaleTime: 0,
  loader: ({ deps: { runs, score }, preload }) => {
    if (!preload && runs?.includes(",") === true) asked(queries.query(comparisonQuery(runs, score)));
  },
  component: lazyRouteComponent(() => import("~/compare/compare-page"), "ComparePage"),
});

const judging = createRoute({
  getParentRoute: () => app,
  path: "/judging",
  component: lazyRouteComponent(() => import("~/judging/judgings-page"), "JudgingsPage"),
});

const judged = createRoute({
  getParentRoute: () => app,
  path: "/judging/$run",
  validateSearch: judgingSearch,
  component: lazyRouteComponent(() => import("~/judging/judging-page"), "JudgingPage"),
});

const judge = createRoute({
  getParentRoute: () => app,
  path: "/judge",
  validateSearch: judgeSearch,
  component: lazyRouteComponent(() => import("~/jobs/judge-page"), "JudgePage"),
});

const jobs = createRoute({
  getParentRoute: () => app,
  path: "/jobs",
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import("~/jobs/jobs-page"), "JobsPage"),
});

const job = createRoute({
  getParentRoute: () => app,
  path: "/jobs/$job",
  validateSearch: jobSearch,
  component: lazyRouteComponent(() => import("~/jobs/job-page"), "JobPage"),
});

const data = createRoute({
  getParentRoute: () => app,
  path: "/data",
  validateSearch: dataSearch,
  component: lazyRouteComponent(() => import("~/data/data-page"), "DataPage"),
});

const dataset = createRoute({
  getParentRoute: () => app,
  path: "/data/datasets/$dataset",
  validateSearch: datasetSearch,
  component: lazyRouteComponent(() => import("~/data/dataset-page"), "DatasetPage"),
});

const reviews = createRoute({
  getParentRoute: () => app,
  path: "/reviews",
  component: lazyRouteComponent(() => import("~/reviews/reviews-page"), "ReviewsPage"),
});

const newReview = createRoute({
  getParentRoute: () => app,
  path: "/reviews/new",
  validateSearch: newReviewSearch,
  component: lazyRouteComponent(() => import("~/reviews/new-page"), "NewReviewPage"),
});

const review = createRoute({
  getParentRoute: () => app,
  path: "/reviews/$review",
  component: lazyRouteComponent(() => import("~/reviews/review-page"), "ReviewPage"),
});

const work = createRoute({
  getParentRoute: () => app,
  path: "/reviews/$review/work",
  validateSearch: workSearch,
  component: lazyRouteComponent(() => import("~/reviews/work-page"), "WorkPage"),
});

const disputes = createRoute({
  getParentRoute: () => app,
  path: "/reviews/$review/disputes",
  validateSearch: disputesSearch,
  component: lazyRouteComponent(() => import("~/reviews/disputes-page"), "DisputesPage"),
});

const preferences = createRoute({
  getParentRoute: () => app,
  path: "/preferences",
  validateSearch: preferencesSearch,
  component: lazyRouteComponent(() => import("~/preferences/preferences-page"), "PreferencesPage"),
});

const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings",
  component: lazyRouteComponent(() => import("~/settings/settings-page"), "SettingsPage"),
});

/** Any other address: what is there can still be gone to. */
const lost = createRoute({ getParentRoute: () => app, path: "$", component: NotFound });

const tree = root.addChildren([
  login,
  app.addChildren([
    dashboard,
    experiments,
    newExperiment,
    experiment,
    runs,
    run,
    sample,
    compare,
    judging,
    judged,
    judge,
    jobs,
    job,
    data,
    dataset,
    reviews,
    newReview,
    review,
    work,
    disputes,
    preferences,
    settings,
    lost,
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  defaultPendingComponent: Rows,
  defaultErrorComponent: Wrong,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
