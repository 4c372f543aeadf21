import { leave } from "../state/feed.ts";
import { route } from "../router.ts";
import { openAlerts } from "../state/alerts.ts";
import { isWatching, me } from "../state/session.ts";
import { theme } from "../state/settings.ts";
import { now_s } from "../state/time.ts";
import { clockTime } from "../model/words.ts";
import { Icon } from "../ui/Icon.tsx";
import { AudioPause } from "./AudioPause.tsx";
import { Counts } from "./Counts.tsx";
import { LiveMarker } from "./LiveMarker.tsx";
import { PAGES } from "./pages.ts";

function Navigation() {
  return (
    <nav aria-label="Pages" class="nav">
      {PAGES.filter((page) => page.isFor(me.value)).map(({ path, page, title }) => (
        <a key={path} href={path} aria-current={route.value.page === page ? "page" : undefined}>
          {title}
          {page === "inbox" && openAlerts.value.length > 0 ? <span class="nav-count">{openAlerts.value.length}</span> : null}
        </a>
      ))}
    </nav>
  );
}

export function Header() {
  const isDark = theme.value === "dark";
  return (
    <header class="header">
      <a href="/" class="brand" aria-label="Vigil">
        <img src="/vigil.svg" width="28" height="28" alt="" /> <span class="brand-name">Vigil</span>
      </a>
      <Navigation />
      {isWatching.value ? <Counts /> : null}
      <div class="header-end">
        <AudioPause />
        <LiveMarker />
        <time class="header-time">{now_s.value > 0 ? clockTime(now_s.value * 1e6) : ""}</time>
        <button
          type="button"
          class="button button-bare"
          aria-label={isDark ? "Light theme" : "Dark theme"}
          onClick={() => {
            theme.value = isDark ? "light" : "dark";
          }}
        >
          <Icon name={isDark ? "sun" : "moon"} />
        </button>
        <span class="named person">{me.value?.person}</span>
        <button type="button" class="button" onClick={() => void leave()}>
          Sign out
        </button>
      </div>
    </header>
  );
}
