import { useEffect } from "preact/hooks";
import { bind } from "./keys/listen.ts";
import { AlertPage } from "./pages/alert/AlertPage.tsx";
import { AnswerDialog } from "./pages/answer/AnswerDialog.tsx";
import { AuditPage } from "./pages/audit/AuditPage.tsx";
import { BoardPage } from "./pages/board/BoardPage.tsx";
import { DowntimePage } from "./pages/downtime/DowntimePage.tsx";
import { DevicesPage } from "./pages/devices/DevicesPage.tsx";
import { InboxPage } from "./pages/inbox/InboxPage.tsx";
import { KeysPage } from "./pages/keys/KeysPage.tsx";
import { OnCallPage } from "./pages/oncall/OnCallPage.tsx";
import { OperationsPage } from "./pages/operations/OperationsPage.tsx";
import { PatientPage } from "./pages/patient/PatientPage.tsx";
import { ShiftPage } from "./pages/shift/ShiftPage.tsx";
import { SignInPage } from "./pages/signin/SignInPage.tsx";
import { AdmitPage } from "./pages/stay/AdmitPage.tsx";
import { go, route } from "./router.ts";
import { Header } from "./shell/Header.tsx";
import { HighAlerts } from "./shell/HighAlerts.tsx";
import { NotLive } from "./shell/NotLive.tsx";
import { SessionEnd } from "./shell/SessionEnd.tsx";
import { SoundFault } from "./shell/SoundFault.tsx";
import { can, isWatching, me } from "./state/session.ts";

function Page() {
  const at = route.value;
  switch (at.page) {
    case "board":
      return isWatching.value ? <BoardPage /> : <Elsewhere />;
    case "inbox":
      return <InboxPage />;
    case "alert":
      return <AlertPage key={at.id} id={at.id} />;
    case "patient":
      return <PatientPage key={at.id} id={at.id} />;
    case "shift":
      return <ShiftPage />;
    case "downtime":
      return <DowntimePage />;
    case "oncall":
      return <OnCallPage />;
    case "admit":
      return <AdmitPage />;
    case "audit":
      return <AuditPage />;
    case "operations":
      return <OperationsPage />;
    case "devices":
      return <DevicesPage />;
    case "keys":
      return <KeysPage />;
    case "nowhere":
      return (
        <main class="page">
          <div class="empty">
            <h1>There is no such page</h1>
            <a href="/" class="button">
              Go to the board
            </a>
          </div>
        </main>
      );
  }
}

/** For roles whose work is not on the ward. */
function Elsewhere() {
  if (can.value.includes("read the audit trail")) return <AuditPage />;
  if (can.value.includes("read figures")) return <OperationsPage />;
  return <KeysPage />;
}

export function App() {
  useEffect(() => bind({ board: () => go("/"), inbox: () => go("/inbox"), help: () => go("/keys") }), []);
  if (me.value === null) return <SignInPage />;
  if (me.value === undefined) return <Opening />;
  return (
    <>
      <div class="top">
        <NotLive />
        <SessionEnd />
        <SoundFault />
        <Header />
      </div>
      <HighAlerts />
      <Page />
      <AnswerDialog />
    </>
  );
}

function Opening() {
  return (
    <>
      <NotLive />
      <main class="page">
        <div class="empty">
          <h1>Vigil</h1>
          <p>Asking the server who you are.</p>
        </div>
      </main>
    </>
  );
}
