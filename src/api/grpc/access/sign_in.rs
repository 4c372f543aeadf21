//! Signing in with a password or PIN, and out.

use tonic::{Request, Response, Status};

use super::Access;
use crate::access::Verb;
use crate::api::guard::address;
use crate::clinical::ids::PersonId;
use crate::proto;

impl Access {
    pub(super) async fn let_in(
        &self,
        request: Request<proto::SignInRequest>,
    ) -> Result<Response<proto::SignInResponse>, Status> {
        let from = address(request.extensions());
        let proto::SignInRequest { person, secret } = request.into_inner();
        // A name that cannot be one is answered like one that is not there.
        let (token, until) = self.guard.sign_in(PersonId::new(&person).ok(), secret, from).await?;
        Ok(Response::new(proto::SignInResponse { token, expires_us: until.micros() }))
    }

    pub(super) async fn let_out(
        &self,
        request: Request<proto::SignOutRequest>,
    ) -> Result<Response<proto::SignOutResponse>, Status> {
        let visit = self.guard.enter(&request, Verb::SignOut, "access.sign-out").await?;
        self.guard.sign_out(&request);
        visit.answer(proto::SignOutResponse {}).await
    }
}
