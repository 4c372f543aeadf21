// Many things that flash each at its own moment would be many flashes a second. All alarm animations begin at the same
// instant of the document's time, so that they are lit together.

export function flashInStep(): void {
  let isDue = false;
  const align = (): void => {
    isDue = false;
    for (const animation of document.getAnimations()) {
      const isFlash = animation instanceof CSSAnimation && animation.animationName.startsWith("flash-");
      if (isFlash && animation.startTime !== 0) animation.startTime = 0;
    }
  };
  document.addEventListener("animationstart", (event) => {
    // Once for all that began in the same frame: asking for animations has the browser compute every style.
    if (isDue || !event.animationName.startsWith("flash-")) return;
    isDue = true;
    requestAnimationFrame(align);
  });
}
