import { useEffect } from "preact/hooks";
import { bind } from "./keys/listen.ts";
import { AlertPage } from "./pages/alert/AlertPage.tsx";
import { AnswerDialog } from "./pages/answer/AnswerDialog.tsx";
import { BoardPage } from "./pages/board/BoardPage.tsx";
import { DowntimePage } from "./pages/downtime/DowntimePage.tsx";
import { DevicesPage } from "./pages/devices/DevicesPage.tsx";
import { InboxPage } from "./pages/inbox/InboxPage.tsx";
import { KeysPage } from "./pages/keys/KeysPage.tsx";
import { PatientPage } from "./pages/patient/PatientPage.tsx";
import { ShiftPage } from "./pages/shift/ShiftPage.tsx";
import { SignInPage } from "./pages/signin/SignInPage.tsx";
import { go, route } from "./router.ts";
import { Header } from "./shell/Header.tsx";
import { HighAlerts } from "./shell/HighAlerts.tsx";
import { NotLive } from "./shell/NotLive.tsx";
import { SessionEnd } from "./shell/SessionEnd.tsx";
import { SoundFault } from "./shell/SoundFault.tsx";
import { me } from "./state/session.ts";

function Page() {
  const at = route.value;
  switch (at.page) {
    case "board":
      return <BoardPage />;
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
