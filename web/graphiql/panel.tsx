// The pane of examples: each opens in a tab of its own, with its variables, and with the token that was last entered.
import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from "@graphiql/react";
import { Kind, parse } from "graphql";
import type { ReactElement } from "react";
import { groups, type Example, type Group } from "./examples";

const TOKEN = /"Bearer wt_[^"]+"/;

/** Whether there is no room for the pane beside the editors: as in graphiql.css. */
export const isNarrow = (): boolean => matchMedia("(max-width: 720px)").matches;

function headersFor(group: Group, current: string): string {
  if (TOKEN.test(current) || !group.role) return current;
  return JSON.stringify({ Authorization: `Bearer wt_${group.role}_paste-your-token-here` }, null, 2);
}

function Examples(): ReactElement {
  const { addTab, setOperationFacts, setVisiblePlugin } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const headerEditor = useGraphiQL((state) => state.headerEditor);

  function open(group: Group, example: Example): void {
    const headers = headersFor(group, headerEditor?.getValue() ?? "");
    addTab();
    queryEditor?.setValue(example.query);
    // The editor finds this out for itself a moment later; until then it would run what the tab before was about.
    const documentAST = parse(example.query);
    const operations = documentAST.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    setOperationFacts({ documentAST, operations, operationName: operations[0]?.name?.value ?? "" });
    variableEditor?.setValue(example.variables ? JSON.stringify(example.variables(), null, 2) : "");
    headerEditor?.setValue(headers);
    if (isNarrow()) setVisiblePlugin(null); // it covers the editors, and a phone's keyboard would come up unasked
    else queryEditor?.focus();
  }

  return (
    <section className="examples" aria-label="Examples">
      <h2>Examples</h2>
      <p>
        A token goes into the <b>Headers</b> tab below the query, for subscriptions too:
        <code>{'{ "Authorization": "Bearer wt_…" }'}</code>
      </p>
      {groups.map((group) => (
        <div key={group.who} className="examples-group">
          <h3>{group.who}</h3>
          <p>{group.what}</p>
          <ul>
            {group.examples.map((example) => (
              <li key={example.title}>
                <button type="button" className="graphiql-un-styled" onClick={() => open(group, example)}>
                  {example.title}
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <p>
        Everything there is to ask, with what it means, is behind the book symbol. How the API is meant to be used is told in{" "}
        <code>docs/api.md</code>, live following in <code>docs/live.md</code>.
      </p>
      <p>
        <a href="./">To the raid page</a>
      </p>
    </section>
  );
}

function Icon(): ReactElement {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
      <path d="M4 5h16M4 10h10M4 15h16M4 20h10" strokeLinecap="round" />
    </svg>
  );
}

export const EXAMPLES: GraphiQLPlugin = { title: "Examples", icon: Icon, content: Examples };
