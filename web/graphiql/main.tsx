// GraphiQL, from our own server alone: no request leaves it.
import "./workers";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import "graphiql/style.css";
import "./graphiql.css";
import { createRoot } from "react-dom/client";
import { groups } from "./examples";
import { EXAMPLES, isNarrow } from "./panel";
import { storageWithoutTokens } from "./storage";

const endpoint = new URL(window.location.pathname, window.location.href);
const live = new URL(endpoint);
live.protocol = live.protocol === "https:" ? "wss:" : "ws:";

// What stands in the Headers tab goes with each request, and into connection_init with each subscription.
const fetcher = createGraphiQLFetcher({ url: endpoint.href, subscriptionUrl: live.href, enableIncrementalDelivery: false });

const welcome = groups[0]?.examples[0]?.query ?? "";
const place = document.getElementById("graphiql");
if (place) {
  createRoot(place).render(
    <GraphiQL
      fetcher={fetcher}
      storage={storageWithoutTokens}
      plugins={[EXAMPLES, HISTORY_PLUGIN]}
      {...(isNarrow() ? {} : { visiblePlugin: EXAMPLES })}
      defaultQuery=""
      defaultTabs={[{ query: welcome }]}
      defaultEditorToolsVisibility={isNarrow() ? false : "headers"}
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <a href="./" className="home">World-Threat Expeditions</a>
      </GraphiQL.Logo>
    </GraphiQL>,
  );
}
