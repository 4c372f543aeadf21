export type Role = "physician" | "nurse" | "technician" | "sre" | "compliance" | "admin";

/** Who the server thinks that we are. */
export interface Me {
  person: string;
  /** With a speciality after a colon: physician:cardiology. */
  roles: string[];
  /** What the roles may ask, in words. */
  can: string[];
  session?: { expires_us: number; idle_s: number };
  now_us: number;
}

export const hasRole = (me: Me, role: Role): boolean => me.roles.some((held) => held.split(":")[0] === role);
