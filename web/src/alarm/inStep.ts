// Many things that flash each at its own moment would be many flashes a second. All alarm animations begin at the same
// instant of the document's time, so that they are lit together.

export function flashInStep(): void {
  document.addEventListener("animationstart", (event) => {
    if (!event.animationName.startsWith("flash-")) return;
    for (const animation of (event.target as Element).getAnimations()) animation.startTime = 0;
  });
}
